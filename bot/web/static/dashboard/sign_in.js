/**
 * The field for a token, where the daemon asks for one.
 * @module
 */

import { h } from "../shared/dom.js";
import { t } from "../shared/language.js";
import { prose } from "./parts.js";

/**
 * Ask for the token; the page begins anew with it.
 * @param {import("../shared/token.js").TokenStore} tokens
 * @param {string} [reason] Key of the words that say why.
 */
export function askForToken(tokens, reason = tokens.get() ? "token.wrong" : "token.help") {
  if (document.querySelector("dialog.sign-in")) return;
  tokens.forget();
  const token = h("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const lasting = h("input", { id: "remember", type: "checkbox" });
  const form = h(
    "form",
    {
      method: "dialog",
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        tokens.set(token.value.trim(), lasting.checked);
        location.reload();
      },
    },
    h("h1", { id: "sign-in-title" }, t("token.title")),
    h("p", { role: "status" }, ...prose(t(reason))),
    h("div", { class: "field" }, h("label", { for: "token" }, t("token")), token),
    h("label", { class: "check" }, lasting, h("span", {}, t("token.remember"))),
    h("button", { class: "button is-primary" }, t("token.send")),
  );
  const dialog = h(
    "dialog",
    {
      class: "sign-in",
      "aria-labelledby": "sign-in-title",
      oncancel: (/** @type {Event} */ event) => event.preventDefault(),
    },
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
}
