/**
 * The parts of the daemon with how each is, from its state.
 * @module
 */

/** @typedef {"good" | "fair" | "bad"} Mood */
/**
 * @typedef {object} Part
 * @property {string} name
 * @property {Mood} mood
 * @property {string} told One clause for people: what it is doing, or what would help.
 * @property {string[]} facts
 */
/** @typedef {(key: string, fields?: Record<string, string | number>) => string} Words */

/**
 * @param {any} state That of the daemon.
 * @param {Words} t
 * @returns {Part[]}
 */
export function engineParts(state, t) {
  return Object.entries(state.engines ?? {}).map(([name, engine]) => ({
    name,
    mood: mood(engine.is_ready, engine.is_idle || Boolean(engine.aside)),
    told: engine.aside ? `${engine.state}; ${engine.aside}` : engine.state,
    facts: [
      name === state.engine && t("engine.chosen"),
      engine.hardware,
      typeof engine.expected_s === "number" &&
        t("engine.expected", { s: engine.expected_s.toFixed(2) }),
      engine.restarts > 0 && t("engine.restarts", { n: engine.restarts }),
      engine.handovers > 0 && t("engine.handovers", { n: engine.handovers }),
      engine.licence,
    ].filter((fact) => typeof fact === "string" && fact !== ""),
  }));
}

/**
 * @param {any} state
 * @param {string} channel
 * @param {Words} t
 * @returns {Part[]}
 */
export function outputParts(state, channel, t) {
  const told = state.channels?.[channel]?.outputs ?? {};
  return Object.entries(told).map(([name, clause]) => {
    const output = state.outputs?.[name];
    return {
      name,
      mood: mood(output?.is_available ?? true, false),
      told: clause,
      facts: [
        output?.underflows > 0 ? t("output.underflows", { n: output.underflows }) : "",
        output?.lost_s > 0 ? t("output.lost", { s: output.lost_s.toFixed(2) }) : "",
      ].filter(Boolean),
    };
  });
}

/**
 * @param {any} state
 * @param {string} channel
 * @param {Words} t
 * @returns {Part[]}
 */
export function sourceParts(state, channel, t) {
  const mine = state.channels?.[channel] ?? {};
  const sources = Object.entries(mine.sources ?? {}).map(([name, clause]) => {
    const connection = mine.connections?.[name];
    return {
      name,
      mood: mood(connection?.is_connected ?? true, false),
      told: clause,
      facts:
        connection?.reconnects > 0 ? [t("source.reconnects", { n: connection.reconnects })] : [],
    };
  });
  const { mqtt } = state;
  if (!mqtt) return sources;
  const facts = mqtt.lost > 0 ? [t("mqtt.lost", { n: mqtt.lost })] : [];
  return [
    ...sources,
    { name: "MQTT", mood: mood(mqtt.is_connected, false), told: mqtt.state, facts },
  ];
}

/**
 * @param {boolean} works
 * @param {boolean} isAside
 * @returns {Mood}
 */
function mood(works, isAside) {
  if (!works) return isAside ? "fair" : "bad";
  return isAside ? "fair" : "good";
}
