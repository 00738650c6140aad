"""Text of any language, brought into forms that can be compared and spoken."""
