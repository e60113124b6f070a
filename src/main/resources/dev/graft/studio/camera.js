// The camera: stores frames while a button is held, or after a countdown.
import { current } from './classes.js';
import { byId, say } from './dom.js';
import { store } from './intake.js';
import { text } from './texts.js';

const SIDE = 480; // pixels of a stored frame's shorter side, at most
const PAUSE = 100; // milliseconds between frames
const BURST = 3000; // milliseconds that a countdown records

let recording = false;

/** Opens the camera in a video element; returns a function that closes it. */
export async function open(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: 'environment' } });
  video.srcObject = stream;
  await video.play();
  return () => {
    stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
  };
}

/** Returns the video's frame as a JPEG file, its shorter side at most `side` pixels long. */
export function frame(video, side) {
  const scale = Math.min(1, side / Math.min(video.videoWidth, video.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(scale * video.videoWidth);
  canvas.height = Math.round(scale * video.videoHeight);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92));
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

async function record() {
  if (recording) return;
  if (current === null) return say(text('chooseClass'), true);
  recording = true;
  byId('record').setAttribute('aria-pressed', 'true');
  const group = crypto.randomUUID();
  const start = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  for (let count = 1; recording; count++) {
    try {
      await store(current, await frame(byId('video'), SIDE), `camera-${start}-${String(count).padStart(4, '0')}.jpg`, group);
      byId('recorded').textContent = text('recordedCount', count);
    } catch (problem) {
      say(problem.message, true);
      stop();
    }
    await pause(PAUSE);
  }
}

function stop() {
  recording = false;
  byId('record').setAttribute('aria-pressed', 'false');
}

async function countDown() {
  if (current === null) return say(text('chooseClass'), true);
  for (let seconds = 3; seconds > 0; seconds--) {
    byId('recorded').textContent = text('inSeconds', seconds);
    await pause(1000);
  }
  setTimeout(stop, BURST);
  await record();
}

let close = null;
let opening = false;

async function toggle() {
  if (opening) return; // the browser is asking for permission
  if (close) {
    stop();
    close();
    close = null;
    byId('recorder').hidden = true;
  } else {
    opening = true;
    try {
      byId('recorder').hidden = false;
      close = await open(byId('video'));
    } catch (problem) {
      byId('recorder').hidden = true;
      say(text('noCamera', problem.message), true);
    }
    opening = false;
  }
  byId('camera').setAttribute('aria-pressed', String(close !== null));
}

export function start() {
  byId('camera').addEventListener('click', toggle);
  byId('countdown').addEventListener('click', countDown);
  const button = byId('record');
  button.addEventListener('pointerdown', record);
  for (const type of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) button.addEventListener(type, stop);
  button.addEventListener('keydown', event => { if (event.key === ' ' && !event.repeat) { event.preventDefault(); record(); } });
  button.addEventListener('keyup', event => { if (event.key === ' ') { event.preventDefault(); stop(); } });
}
