/**
 * Settings as a form needs them: in groups, searched, and as text that one edits.
 * @module
 */

/**
 * @typedef {object} Setting
 * @property {string} key
 * @property {string} title
 * @property {string} help
 * @property {"boolean" | "integer" | "number" | "text" | "choice" | "list" | "table"} kind
 * @property {any} value
 * @property {any} default
 * @property {(string | number)[]} choices Of a choice.
 * @property {number | null} [least]
 * @property {number | null} [most]
 * @property {"at once" | "next start"} when
 * @property {boolean} is_optional Whether it may be nothing.
 * @property {boolean} is_secret
 * @property {boolean} is_set
 */

/** A line of a table whose key is written as JSON. */
const QUOTED = /^\s*("(?:[^"\\]|\\.)*")\s*(?:: ?(.*))?$/;

/** Groups in the order in which a streamer looks for them; those with other names follow. */
const ORDER = ["words", "moderation", "policy", "playback", "backlog", "overload", "commands"];

/**
 * The group of a setting: the section that it stands in, apart from which channel's.
 * @param {string} key As in `channels.main.policy.words.blocked`.
 * @returns {string}
 */
export function groupOf(key) {
  const [first = "", second, ...rest] = partsOf(key);
  if (first === "policy" && second === "words" && rest.length) return "words";
  if (second !== undefined) return first;
  return key.startsWith("channels") ? "channel" : "general";
}

/**
 * The section within its group, in words: that of `moderation.away.offline` is "Away".
 * @param {string} key
 * @returns {string} Empty where it stands in the group itself.
 */
export function sectionOf(key) {
  const path = partsOf(key).slice(1, -1);
  const words = path.join(" › ").replaceAll("_", " ");
  return groupOf(key) === "words" ? "" : words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * @param {string} key
 * @returns {string[]} Its path, apart from which channel's it is.
 */
function partsOf(key) {
  const path = key.replace(/\[(\w+)\]/g, ".$1").split(".");
  return path[0] === "channels" && path.length > 2 ? path.slice(2) : path;
}

/**
 * @param {readonly Setting[]} settings
 * @param {string} find Words that each shown setting holds.
 * @returns {Map<string, Setting[]>} Groups in order.
 */
export function grouped(settings, find) {
  const wanted = find.toLowerCase().split(/\s+/).filter(Boolean);
  /** @type {Map<string, Setting[]>} */
  const groups = new Map(ORDER.map((name) => [name, []]));
  for (const setting of settings) {
    const text = `${setting.key} ${setting.title} ${setting.help}`.toLowerCase();
    if (!wanted.every((word) => text.includes(word))) continue;
    const name = groupOf(setting.key);
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  for (const [name, members] of groups) if (!members.length) groups.delete(name);
  return groups;
}

/**
 * The value of a setting as text of its field; that of a list or table has one item a line.
 * @param {Setting} setting
 * @param {any} value
 * @returns {string}
 */
export function toText({ kind }, value) {
  if (value === null || value === undefined) return "";
  if (kind === "table") {
    return Object.entries(value)
      .map(([key, item]) => `${writtenKey(key)}: ${written(item)}`)
      .join("\n");
  }
  if (kind === "list") return value.map((/** @type {unknown} */ item) => written(item)).join("\n");
  return written(value);
}

/**
 * The value that was written into a field.
 * @param {Setting} setting
 * @param {string} text
 * @returns {any} A number that is none stays text: the daemon says what is wrong with it.
 */
export function fromText(setting, text) {
  const { kind } = setting;
  if (kind === "list") {
    const lines = text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    return lines.map((line) => read(line, setting.value ?? setting.default));
  }
  if (kind === "table") return table(text, setting.value ?? {});
  if (text === "" && setting.is_optional) return null;
  if (kind === "choice") return setting.choices.find((choice) => String(choice) === text) ?? text;
  if (kind !== "integer" && kind !== "number") return text;
  const value = Number(text.trim().replace(",", "."));
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}

/**
 * Whether two values are the same, in whatever order their keys stand.
 * @param {unknown} one
 * @param {unknown} other
 */
export function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {string} text
 * @param {Record<string, unknown>} known The table as it is.
 * @returns {Record<string, unknown>}
 */
function table(text, known) {
  const lines = text.split("\n").filter((line) => line.trim());
  return Object.fromEntries(
    lines.map((line) => {
      const [key, item] = entry(line);
      const before = known[key];
      return [key, item === written(before) ? before : read(item, [before ?? item])];
    }),
  );
}

/**
 * @param {string} line
 * @returns {[string, string]} Key and item.
 */
function entry(line) {
  const [, text, after = ""] = QUOTED.exec(line) ?? [];
  if (text !== undefined) {
    try {
      return [JSON.parse(text), after];
    } catch {
      // Quotation marks of somebody's own.
    }
  }
  const [, key = line.trim(), item = ""] = /^\s*(.*?)\s*: ?(.*)$/.exec(line) ?? [];
  return [key, item];
}

/**
 * A key of a table; in quotes, as JSON, where it would be read as another one.
 * @param {string} key
 */
function writtenKey(key) {
  return /:|^"|^\s|\s$|\n/.test(key) ? JSON.stringify(key) : key;
}

/** @param {unknown} value */
function written(value) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/**
 * An item of a list: an object where the list holds such, else text.
 * @param {string} line
 * @param {unknown} known The list as it is.
 */
function read(line, known) {
  const sample = Array.isArray(known) ? known[0] : undefined;
  const isText = typeof sample === "string" || (sample === undefined && !/^[[{]/.test(line));
  if (isText) return line;
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
