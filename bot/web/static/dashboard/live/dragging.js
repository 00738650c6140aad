/**
 * Dragging of rows by their grip, with a mouse, a pen or a finger.
 * @module
 */

export class Dragging {
  /**
   * @param {HTMLElement} list Its rows have `data-id`, and a grip of class `grip`.
   * @param {(id: string, before: string) => void} onDrop
   */
  constructor(list, onDrop) {
    this.list = list;
    this.onDrop = onDrop;
    /** @type {HTMLElement | null} */
    this.row = null;
    list.addEventListener("pointerdown", (event) => this.start(event));
  }

  get isActive() {
    return this.row !== null;
  }

  /** @param {PointerEvent} event */
  start(event) {
    const grip = event.target instanceof Element ? event.target.closest(".grip") : null;
    const row = grip?.closest("li");
    if (!grip || !row || event.button !== 0) return;
    event.preventDefault();
    this.row = row;
    row.classList.add("is-dragged");
    grip.setPointerCapture(event.pointerId);
    const move = (/** @type {any} */ moving) => this.mark(this.target(moving.clientY));
    const end = (/** @type {any} */ ending) => {
      grip.removeEventListener("pointermove", move);
      grip.removeEventListener("pointerup", end);
      grip.removeEventListener("pointercancel", end);
      this.finish(ending.type === "pointerup" ? this.target(ending.clientY) : undefined);
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }

  /**
   * The row in front of which it would land.
   * @param {number} y
   * @returns {HTMLElement | null} Nothing for the end.
   */
  target(y) {
    for (const row of this.list.querySelectorAll("li")) {
      const { top, height } = row.getBoundingClientRect();
      if (y < top + height / 2) return row;
    }
    return null;
  }

  /** @param {HTMLElement | null} before */
  mark(before) {
    for (const row of this.list.querySelectorAll("li")) {
      row.classList.toggle("is-target", row === before);
    }
    this.list.classList.toggle("is-target-end", !before);
  }

  /** @param {HTMLElement | null | undefined} before */
  finish(before) {
    const row = this.row;
    this.row = null;
    row?.classList.remove("is-dragged");
    this.mark(null);
    this.list.classList.remove("is-target-end");
    if (row && before !== undefined)
      this.onDrop(row.dataset["id"] ?? "", before?.dataset["id"] ?? "");
  }
}
