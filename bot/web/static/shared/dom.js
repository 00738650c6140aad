/**
 * Elements without a framework, and without a way in for markup: text is only ever text.
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Value
 * @typedef {Node | string | null | undefined | false} Child
 */

/**
 * Make an element. A function is a listener of the event that its key names (`onclick`), `true` is
 * an attribute without a value, and what is false or missing is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Value>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  append(element, children);
  return element;
}

/**
 * Make an element of SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Child[]} children
 */
function append(element, children) {
  for (const child of children) if (child || child === "") element.append(child);
}

/**
 * Text of strangers: its direction is its own, and reaches nothing beside it.
 * @param {string} text
 * @param {string} [classes]
 * @returns {HTMLElement}
 */
export function strange(text, classes = "") {
  const element = h("bdi", { class: `strange ${classes}`.trim(), dir: "auto" });
  element.textContent = text;
  return element;
}

/**
 * Bring the children of `parent` to `elements`, in this order, moving as little as possible: what
 * stays keeps its focus.
 * @param {Element} parent
 * @param {Element[]} elements
 */
export function arrange(parent, elements) {
  const kept = new Set(elements);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const element of elements) {
    if (place === element) place = element.nextElementSibling;
    else parent.insertBefore(element, place);
  }
}

/**
 * Set the text of `element` where it differs, so that nothing is announced or drawn again.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
