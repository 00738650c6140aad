/**
 * The node that plays: of the audio thread, or of the page's own where there is none. Browsers give
 * an AudioWorklet to secure contexts alone (https://www.w3.org/TR/webaudio-1.1/#BaseAudioContext),
 * which a page that comes over HTTP from another machine is not.
 */

import { Feed } from "./feed.js";

const FRAMES = 512;
/** Of each request for samples in the page's own thread. */

/** @typedef {AudioNode & {readonly port: MessagePort}} PlayerNode */

/**
 * Return the node, and by how many milliseconds it wants samples before they leave it.
 * @param {AudioContext} context
 * @returns {Promise<{node: PlayerNode, aheadMs: number}>}
 */
export async function openNode(context) {
  if (context.audioWorklet === undefined) {
    return { node: ownThread(context), aheadMs: (2 * FRAMES * 1000) / context.sampleRate };
  }
  await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url).href);
  const options = { numberOfInputs: 0, outputChannelCount: [1] };
  return { node: new AudioWorkletNode(context, "player", options), aheadMs: 0 };
}

/**
 * @param {AudioContext} context
 * @returns {PlayerNode}
 */
function ownThread(context) {
  const { port1, port2 } = new MessageChannel();
  const feed = new Feed(port1, context.sampleRate);
  const node = context.createScriptProcessor(FRAMES, 0, 1);
  let next = -1;
  node.onaudioprocess = ({ outputBuffer, playbackTime }) => {
    // The time is rounded to when the thread had time; the requests themselves have no gaps.
    const frame = Math.round(playbackTime * context.sampleRate);
    if (Math.abs(frame - next) > 2 * FRAMES) next = frame;
    feed.pull(outputBuffer.getChannelData(0), next);
    next += outputBuffer.length;
  };
  return Object.assign(node, { port: port2 });
}
