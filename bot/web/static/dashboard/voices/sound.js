/**
 * Sound that the daemon sends, and the microphone.
 * @module
 */

import { encodeWav } from "./wav.js";

/** @type {AudioContext | undefined} */
let context;
/** @type {AudioBufferSourceNode | undefined} */
let playing;

/**
 * Play a file of sound; what was playing ends.
 * @param {Blob} blob
 * @returns {Promise<void>} Done when it was heard to its end, or was ended.
 * @throws {DOMException} The browser cannot decode it.
 */
export async function play(blob) {
  context ??= new AudioContext();
  await context.resume();
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  stop();
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  playing = source;
  await new Promise((resolve) => {
    source.onended = resolve;
    source.start();
  });
}

/**
 * Turn a recording into a WAV file, its first channel alone: the daemon needs no decoder for it.
 * @param {Blob} blob
 * @returns {Promise<Blob>}
 * @throws {DOMException} The browser cannot decode it.
 */
export async function toWav(blob) {
  context ??= new AudioContext();
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  return new Blob([encodeWav(buffer.getChannelData(0), buffer.sampleRate)], { type: "audio/wav" });
}

/** End what is playing. */
export function stop() {
  playing?.stop();
  playing = undefined;
}

/** The formats in which browsers record, the best first. */
const FORMATS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
/** The microphone as it is: what improves calls changes a voice. */
const PLAIN = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Microphone {
  /** @param {(level: number) => void} onLevel Called with the peak, 0 to 1, while it records. */
  constructor(onLevel) {
    this.onLevel = onLevel;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    this.frame = 0;
  }

  /** @throws {DOMException} There is none, or it is not allowed. */
  async start() {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { ...PLAIN, channelCount: 1 },
    });
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format)) ?? "";
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 192_000 });
    this.recorder = recorder;
    this.watch(stream);
    recorder.start();
  }

  /** @param {MediaStream} stream */
  watch(stream) {
    context ??= new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      this.onLevel(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
      this.frame = requestAnimationFrame(look);
    };
    look();
  }

  /** @returns {Promise<Blob>} What was recorded. */
  async stop() {
    cancelAnimationFrame(this.frame);
    const { recorder } = this;
    if (!recorder) return new Blob();
    const data = await new Promise((resolve) => {
      recorder.ondataavailable = (event) => resolve(event.data);
      recorder.stop();
    });
    for (const track of recorder.stream.getTracks()) track.stop();
    this.recorder = null;
    return data;
  }
}
