/** Words of the overlay, by language. */

/** @type {Record<string, Record<string, string>>} */
const LABELS = {
  en: {
    cheer: "Cheer", donation: "Donation", charity: "Charity", sub: "New sub", resub: "Resub",
    gift: "Gift", raid: "Raid", follow: "Follow", redeem: "Redeem", power_up: "Power-up",
    purchase: "Purchase", watch_streak: "Watch streak", join: "Joined", like: "Like",
    share: "Share", announcement: "Announcement", cheer_unit: "bits", sub_unit: "months",
    resub_unit: "months", gift_unit: "subs", raid_unit: "viewers", watch_streak_unit: "streams",
    redeem_unit: "points", click: "Click here to hear speech",
  },
  de: {
    cheer: "Cheer", donation: "Spende", charity: "Guter Zweck", sub: "Neues Abo", resub: "Abo",
    gift: "Geschenk", raid: "Raid", follow: "Follow", redeem: "Belohnung", power_up: "Power-up",
    purchase: "Kauf", watch_streak: "Treue", join: "Beitritt", like: "Gefällt mir",
    share: "Geteilt", announcement: "Ankündigung", cheer_unit: "Bits", sub_unit: "Monate",
    resub_unit: "Monate", gift_unit: "Abos", raid_unit: "Zuschauer", watch_streak_unit: "Streams",
    redeem_unit: "Punkte", click: "Hier klicken, um die Sprache zu hören",
  },
};

/**
 * Return a word in a language, or in English; empty where there is none.
 * @param {string} language As in `de-CH`.
 * @param {string} key
 */
export function label(language, key) {
  const words = LABELS[language.split("-")[0]?.toLowerCase() ?? ""] ?? LABELS["en"];
  return words?.[key] ?? LABELS["en"]?.[key] ?? "";
}

/**
 * Return an amount as people read it; empty for none.
 * @param {string} language
 * @param {string | null} event
 * @param {number} amount
 * @param {string} unit
 */
export function amountText(language, event, amount, unit) {
  if (!(amount > 0)) return "";
  if (/^[A-Z]{3}$/.test(unit)) {
    return written(language, amount, { style: "currency", currency: unit });
  }
  const number = written(language, amount, { maximumFractionDigits: 2 });
  if (unit !== "" && !/^[\p{L}\p{N} ]+$/u.test(unit)) return `${unit}${number}`;
  return `${number} ${unit || label(language, `${event}_unit`)}`.trim();
}

/**
 * @param {string} language
 * @param {number} amount
 * @param {Intl.NumberFormatOptions} options
 */
function written(language, amount, options) {
  try {
    return new Intl.NumberFormat(language, options).format(amount);
  } catch {
    return new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(amount);
  }
}
