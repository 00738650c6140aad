/**
 * Fields of settings: one for each kind.
 * @module
 */

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/language.js";
import { prose, select } from "../parts.js";
import { fromText, isSame, toText } from "./form.js";

const LONGEST_LIST = 12;

export class SettingField {
  /**
   * @param {import("./form.js").Setting} setting
   * @param {(field: SettingField) => void} onChange
   */
  constructor(setting, onChange) {
    this.setting = setting;
    this.onChange = onChange;
    const id = `setting-${setting.key.replace(/[^\w-]/g, "-")}`;
    this.problem = h("p", { class: "problem", id: `${id}-problem`, hidden: true });
    this.control = this.makeControl(id);
    this.control.setAttribute("aria-describedby", `${id}-help ${id}-problem`);
    this.reset = h(
      "button",
      {
        type: "button",
        class: "link-button",
        onclick: () => this.write(setting.default),
        title: toText(setting, setting.default) || t("settings.nothing"),
      },
      icon("replay"),
      t("settings.default"),
    );
    const label = h("label", { for: id, class: "setting-title" }, setting.title || setting.key);
    const marks = h(
      "span",
      { class: "setting-marks" },
      setting.when === "next start" && h("span", { class: "tag" }, t("settings.next")),
      this.reset,
    );
    const isCheck = setting.kind === "boolean";
    const head = h("div", { class: "setting-head" }, isCheck && this.control, label, marks);
    this.element = h(
      "div",
      { class: "setting", "data-key": setting.key },
      head,
      h("p", { class: "help", id: `${id}-help` }, ...prose(setting.help)),
      !isCheck && this.control,
      this.problem,
      h("code", { class: "setting-key" }, setting.key),
    );
    this.mark();
  }

  /** @param {string} id */
  makeControl(id) {
    const { setting } = this;
    const oninput = () => this.mark();
    const text = toText(setting, setting.value);
    if (setting.kind === "boolean") {
      return h("input", {
        id,
        type: "checkbox",
        checked: Boolean(setting.value),
        onchange: oninput,
      });
    }
    if (setting.kind === "choice") {
      const names = setting.choices.map((choice) => String(choice));
      const options = names.includes(text) ? names : [text, ...names];
      return select(
        options.map((name) => [name, name || t("settings.nothing")]),
        text,
        { id, onchange: oninput },
      );
    }
    if (setting.kind === "list" || setting.kind === "table") {
      const rows = Math.min(Math.max(text.split("\n").length, 2) + 1, LONGEST_LIST);
      const area = h("textarea", { id, rows, dir: "auto", spellcheck: "false", oninput });
      area.value = text;
      return area;
    }
    const isNumber = setting.kind !== "text";
    const input = h("input", {
      id,
      oninput,
      type: setting.is_secret ? "password" : "text",
      dir: "auto",
      autocomplete: "off",
      inputmode: isNumber ? (setting.kind === "integer" ? "numeric" : "decimal") : null,
      class: isNumber ? "is-number" : null,
      placeholder: setting.is_secret ? t(setting.is_set ? "settings.set" : "settings.unset") : null,
    });
    input.value = setting.is_secret ? "" : text;
    return input;
  }

  /** The value that the field holds now. */
  get value() {
    const { control, setting } = this;
    if (control instanceof HTMLInputElement && setting.kind === "boolean") return control.checked;
    return fromText(setting, control.value);
  }

  get isChanged() {
    if (this.setting.is_secret) return this.control.value !== "";
    return !isSame(this.value, this.setting.value);
  }

  /** @param {any} value */
  write(value) {
    if (this.control instanceof HTMLInputElement && this.setting.kind === "boolean")
      this.control.checked = Boolean(value);
    else this.control.value = this.setting.is_secret ? "" : toText(this.setting, value);
    this.mark();
  }

  /** Show whether it differs from what is set, and from the default. */
  mark() {
    this.element?.classList.toggle("is-changed", this.isChanged);
    if (this.reset)
      this.reset.hidden = this.setting.is_secret || isSame(this.value, this.setting.default);
    this.fail("");
    if (this.element) this.onChange(this);
  }

  /** @param {string} message Nothing if all is well. */
  fail(message) {
    this.problem.hidden = message === "";
    this.problem.textContent = message;
    this.control.setAttribute("aria-invalid", String(message !== ""));
  }

  /** Take what it holds for what is set. */
  keep() {
    this.setting = {
      ...this.setting,
      is_set: true,
      value: this.setting.is_secret ? null : this.value,
    };
    if (this.setting.is_secret) this.control.value = "";
    this.mark();
  }
}
