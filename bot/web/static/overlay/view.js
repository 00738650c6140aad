/** Picture of the overlay: who speaks, what is said, and which word is heard. */

import { amountText, label } from "./labels.js";
import { placed, spokenIndex } from "./words.js";

/** @typedef {import("./wire.js").Started} Started */
/** @typedef {import("./wire.js").Word} Word */

export class View {
  /**
   * @param {Document} page
   * @param {import("./options.js").Options} options
   */
  constructor(page, options) {
    this.page = page;
    this.options = options;
    this.card = element(page, "card");
    this.name = element(page, "name");
    this.badge = element(page, "badge");
    this.amount = element(page, "amount");
    this.voice = element(page, "voice");
    this.text = element(page, "text");
    this.emotes = element(page, "emotes");
    page.documentElement.dataset["theme"] = options.theme;
    page.documentElement.dataset["position"] = options.position;
    /** @type {Started | null} */
    this.shown = null;
    /** @type {{start: number, end: number, span: HTMLElement}[]} */
    this.words = [];
    this.spoken = -1;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hiding = undefined;
  }

  /** @param {Started} started */
  show(started) {
    clearTimeout(this.hiding);
    const { language } = this.options;
    const { event, amount, unit } = started;
    this.shown = started;
    this.name.textContent = started.name;
    this.voice.textContent = started.voice;
    this.badge.textContent = event === null ? "" : label(language, event);
    this.amount.textContent = event === null ? "" : amountText(language, event, amount, unit);
    this.card.dataset["event"] = event ?? "";
    this.emotes.replaceChildren(...started.emotes.map(([name, address]) => {
      const picture = this.page.createElement("img");
      picture.alt = name;
      picture.src = address;
      return picture;
    }));
    this.write(started.words);
    this.card.classList.add("is-shown");
  }

  /**
   * Add words whose times are known now.
   * @param {string} id
   * @param {Word[]} words
   */
  addWords(id, words) {
    if (this.shown?.id !== id) return;
    this.shown.words.push(...words);
    this.write(this.shown.words);
  }

  /**
   * Mark the word that is heard.
   * @param {number} seconds After the start of the utterance.
   */
  mark(seconds) {
    const index = spokenIndex(this.words, seconds);
    if (index === this.spoken) return;
    const [first, last] = [Math.min(index, this.spoken), Math.max(index, this.spoken)];
    this.spoken = index;
    for (let place = Math.max(first, 0); place <= last; place += 1) {
      const span = this.words[place]?.span;
      span?.classList.toggle("is-said", place < index);
      span?.classList.toggle("is-spoken", place === index);
    }
  }

  /** @param {string} id */
  end(id) {
    if (this.shown?.id !== id) return;
    this.mark(Infinity);
    clearTimeout(this.hiding);
    if (this.options.hideAfterMs === Infinity) return;
    this.hiding = setTimeout(() => this.hide(), this.options.hideAfterMs);
  }

  hide() {
    clearTimeout(this.hiding);
    this.shown = null;
    this.words = [];
    this.spoken = -1;
    this.card.classList.remove("is-shown");
  }

  /**
   * Write the text with a span for each word.
   * @param {Word[]} words
   */
  write(words) {
    const text = this.shown?.text ?? "";
    /** @type {Node[]} */
    const parts = [];
    let done = 0;
    this.words = placed(text, words).map(({ from, to, start, end }) => {
      const span = this.page.createElement("span");
      span.className = "word";
      span.textContent = text.slice(from, to);
      parts.push(this.page.createTextNode(text.slice(done, from)), span);
      done = to;
      return { start, end, span };
    });
    parts.push(this.page.createTextNode(text.slice(done)));
    this.text.replaceChildren(...parts);
    this.spoken = -1;
  }
}

/**
 * @param {Document} page
 * @param {string} id
 */
function element(page, id) {
  const found = page.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}
