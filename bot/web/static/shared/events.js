/**
 * Socket of the daemon's events: connects again by itself, ever later while nobody answers.
 * @module
 */

const LONGEST_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 500;
/** Time without a message after which the connection is taken to be dead. */
const SILENT_MS = 8000;

/**
 * How long to wait before attempt number `attempt`.
 * @param {number} attempt From 0.
 * @param {number} chance 0 to 1: pages that lost the daemon together do not come back together.
 * @returns {number} Milliseconds.
 */
export function waitBefore(attempt, chance) {
  return Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + chance / 2);
}

/**
 * @typedef {object} Listener
 * @property {(event: any) => void} onEvent
 * @property {(isConnected: boolean) => void} onConnection
 */

export class EventSocket {
  /**
   * @param {string} path
   * @param {{ get(): string }} tokens
   * @param {Listener} listener
   * @param {(address: string) => WebSocket} [open]
   */
  constructor(path, tokens, listener, open = (address) => new WebSocket(address)) {
    this.path = path;
    this.tokens = tokens;
    this.listener = listener;
    this.open = open;
    this.attempt = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.silence = undefined;
    this.connect();
  }

  connect() {
    const socket = this.open(this.address());
    this.socket = socket;
    this.hear(socket);
    socket.onopen = () => {
      this.attempt = 0;
      this.listener.onConnection(true);
    };
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.hear(socket);
      this.take(data);
    };
    socket.onclose = () => this.lose(socket);
  }

  /**
   * Note a sign of life; without another one the connection is given up.
   * @param {WebSocket} socket
   */
  hear(socket) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      socket.close();
      this.lose(socket); // a dead one would take long to close
    }, SILENT_MS);
  }

  /** @param {WebSocket} socket */
  lose(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    this.listener.onConnection(false);
    this.timer = setTimeout(() => this.connect(), waitBefore(this.attempt++, Math.random()));
  }

  /** @returns {string} */
  address() {
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const token = this.tokens.get();
    if (token) url.searchParams.set("token", token);
    return url.href;
  }

  /** @param {unknown} data */
  take(data) {
    if (typeof data !== "string") return;
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return; // a daemon of another version
    }
    this.listener.onEvent(event);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    const { socket } = this;
    this.socket = null; // what it still tells is nobody's
    socket?.close();
  }
}
