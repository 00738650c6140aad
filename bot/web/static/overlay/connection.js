/** Connection to the server, which is opened again as often as it is lost. */

const SHORTEST_MS = 250;
const LONGEST_MS = 5000;
const SILENT_MS = 8000;
/** Time without a message after which the connection is taken to be dead. */

export class Connection {
  /**
   * @param {string} address
   * @param {object} handlers
   * @param {() => void} handlers.opened
   * @param {() => void} handlers.closed
   * @param {(text: string) => void} handlers.text
   * @param {(data: ArrayBuffer) => void} handlers.binary
   */
  constructor(address, handlers) {
    this.address = address;
    this.handlers = handlers;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wait = SHORTEST_MS;
    this.heardAt = 0;
  }

  open() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onopen = () => this.handlers.opened();
    socket.onmessage = ({ data }) => {
      this.heardAt = performance.now();
      this.wait = SHORTEST_MS;
      if (typeof data === "string") this.handlers.text(data);
      else this.handlers.binary(data);
    };
    socket.onclose = () => this.lose(socket);
  }

  /** @param {object} message */
  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Give a connection up that says nothing any more; call this now and then. */
  look() {
    const { socket } = this;
    if (socket !== null && performance.now() - this.heardAt > SILENT_MS) {
      socket.close();
      this.lose(socket); // a dead one would take long to close
    }
  }

  /** @param {WebSocket} socket */
  lose(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.handlers.closed();
    // Not all pages at once: the server has just come back.
    setTimeout(() => this.open(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_MS);
  }
}
