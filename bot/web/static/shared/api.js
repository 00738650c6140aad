/**
 * Client of the daemon's HTTP API.
 * @module
 */

/** @typedef {{ key: string, message: string }} Problem */

/** The daemon refused, or was not there; `message` is a sentence for people. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where there was no answer.
   * @param {string} message
   * @param {any} [body]
   */
  constructor(status, message, body) {
    super(message);
    this.status = status;
    /** What else the answer held. */
    this.body = body;
    /** @type {Problem[]} */
    this.problems = Array.isArray(body?.problems) ? body.problems : [];
  }
}

export class Api {
  /**
   * @param {{ get(): string }} tokens
   * @param {() => void} onRefused Called when the token is missing or wrong.
   * @param {typeof fetch} [fetcher]
   */
  constructor(tokens, onRefused, fetcher = (...given) => fetch(...given)) {
    this.tokens = tokens;
    this.onRefused = onRefused;
    this.fetcher = fetcher;
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | undefined>} [query]
   * @returns {Promise<any>}
   */
  get(path, query) {
    return this.call("GET", withQuery(path, query));
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  post(path, body = {}) {
    return this.call("POST", path, body);
  }

  /**
   * Make any call. A `FormData` is sent as a form, all else as JSON.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>} Its answer, decoded; nothing where it has none.
   * @throws {ApiError}
   */
  async call(method, path, body) {
    const response = await this.send(method, path, body);
    if (response.status === 204) return null;
    const type = response.headers.get("Content-Type") ?? "";
    return reached(type.includes("json") ? response.json() : response.blob());
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<Response>}
   * @throws {ApiError}
   */
  async send(method, path, body) {
    const isForm = typeof FormData !== "undefined" && body instanceof FormData;
    /** @type {Record<string, string>} */
    const headers = {};
    const token = this.tokens.get();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
    /** @type {RequestInit} */
    const options = { method, headers, cache: "no-store" };
    if (body !== undefined) {
      options.body = isForm ? /** @type {FormData} */ (body) : JSON.stringify(body);
    }
    const response = await reached(this.fetcher(path, options));
    if (response.ok) return response;
    if (response.status === 401) this.onRefused();
    throw await refusal(response);
  }
}

/**
 * What the network brings.
 * @template T
 * @param {Promise<T>} coming
 * @returns {Promise<T>}
 * @throws {ApiError} It was cut.
 */
async function reached(coming) {
  try {
    return await coming;
  } catch (error) {
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} path
 * @param {Record<string, string | number | undefined>} [query]
 * @returns {string}
 */
export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function refusal(response) {
  let body;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  const sentence = typeof body?.error === "string" ? body.error : `${response.status}`;
  return new ApiError(response.status, sentence, body);
}
