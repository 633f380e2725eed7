// The picture: plays an asset from an in-point, stops or loops at the out-point, forwards and backwards, falls back to a
// proxy, and where there is no media at all keeps the playhead so that the lanes still work.

import { ask, media, still, Problem } from './api.js';
import { placeholder } from './card.js';
import { fill, h } from './dom.js';
import { pressed } from './shuttle.js';
import { frameAt, lastFrame, startOfFrame } from './time.js';
import { plain } from './warnings.js';

/** A frame's start in seconds is rounded down by players now and then: a little after it is inside it. */
const INSIDE_S = 0.001;
const STILL_HEIGHT = 540;
/** How often it is asked how far a proxy is, in milliseconds. */
const PROXY_ASK_MS = 1_000;

/** @typedef {'stop' | 'loop' | 'on'} AtOut */

/** Files that have sound only: there is no picture to wait for. */
const SOUND_ONLY = /\.(mp3|m4a|wav|flac|ogg|oga|opus|aac)$/i;
/** How a page says to the others that it plays. */
const CHANNEL = 'rushes-player';

/**
 * @param {HTMLElement} box
 * @param {{tick: (ns: number) => void, changed: () => void, ended: () => void}} tell `ended`: it stopped at the out-point.
 */
export function screen(box, tell) {
  const video = h('video', { playsinline: true, preload: 'metadata', tabindex: '-1', 'aria-label': 'Video' });
  const notice = h('p', { class: 'screen-notice', hidden: true });
  /** @type {MomentRef | null} */
  let moment = null;
  let asset = '';
  /** What is tried: the media, then its proxy, then nothing. @type {'media' | 'proxy' | 'none'} */
  let source = 'none';
  /** The playhead where there is no media. */
  let virtual = 0;
  let wanted = 0;
  let wantsPlay = false;
  /** Was the playhead inside the moment? Only then does the out-point stop it. */
  let inside = false;
  /** @type {AtOut} */
  let atOut = 'stop';
  let frame = 0;
  /** Frames a second of the asset, where they are known. @type {Rate | null} */
  let rate = null;
  /** The name of the file, as far as it is known. */
  let path = '';
  /** How fast, and which way, J and L let it run; 0 while they do not. */
  let speed = 0;
  /** When backwards was last shown, in milliseconds. */
  let wound = 0;

  // Two windows do not sound at once.
  const others = new BroadcastChannel(CHANNEL);
  others.onmessage = () => video.pause();

  video.addEventListener('click', () => toggle());
  video.addEventListener('loadedmetadata', () => {
    // Codecs of cameras: the browser plays the sound and shows nothing, and says nothing of it.
    if (video.videoWidth === 0 && !SOUND_ONLY.test(path)) {
      void fallBack();
      return;
    }
    video.currentTime = wanted / 1e9 + INSIDE_S;
    if (wantsPlay) play();
  });
  video.addEventListener('error', () => void fallBack());
  for (const event of ['play', 'pause', 'volumechange', 'ended', 'loadeddata']) video.addEventListener(event, () => tell.changed());
  for (const event of ['seeked', 'timeupdate']) video.addEventListener(event, () => look());
  video.addEventListener('play', () => (others.postMessage('plays'), run()));

  /** @param {'media' | 'proxy'} next */
  function load(next) {
    source = next;
    notice.hidden = true;
    video.hidden = false;
    video.src = media(asset, next === 'proxy' ? '/proxy' : '');
    video.load();
  }

  /** The media cannot be played: a proxy is asked for, until it is made or there will be none. */
  async function fallBack() {
    if (source === 'none') return;
    const failed = asset;
    const wasProxy = source === 'proxy';
    source = 'none';
    virtual = wanted;
    video.removeAttribute('src');
    video.hidden = true;
    tell.changed();
    tell.tick(now());
    const why = wasProxy ? 'There is sound, but no picture that can be shown here.' : await proxyOf(failed);
    if (asset !== failed) return;
    if (why === null) load('proxy');
    else say(why);
  }

  /** Waits for a proxy; null once it is there, else why there is none. @param {string} of @returns {Promise<string | null>} */
  async function proxyOf(of) {
    try {
      for (;;) {
        const response = await ask(media(of, '/proxy'), { range: 'bytes=0-0' });
        if (asset !== of) return '';
        if (response.status !== 202) return null;
        const { done_per_mille: done } = await response.json();
        say(`A copy that this browser can play is being made${typeof done === 'number' ? `: ${Math.floor(done / 10)} %` : ' …'}`);
        await new Promise((resolve) => setTimeout(resolve, PROXY_ASK_MS));
      }
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      // A file that is there and of which nothing can be made is another thing than none.
      const isThere = status !== 0 && (await ask(media(of), { method: 'HEAD' }).then(() => true, () => false));
      if (status === 404 && !isThere) return 'No media of this asset is served here. The lanes below still work.';
      if (status === 0) return 'The server does not answer: the picture comes when it is back.';
      return `The file of this asset cannot be played: ${error instanceof Problem ? plain(error.message) : 'it is damaged'}.`;
    }
  }

  /** @param {string} text */
  function say(text) {
    fill(notice, text);
    notice.hidden = false;
  }

  const now = () => (source === 'none' || video.readyState === 0 ? (source === 'none' ? virtual : wanted) : Math.round(video.currentTime * 1e9));

  function play() {
    if (source === 'none') return;
    halt();
    video.play().catch(() => tell.changed());
  }

  function toggle() {
    if (source === 'none') return;
    if (!video.paused || speed !== 0) {
      rest();
      return;
    }
    // At the out-point, playing means: once more from the in-point.
    if (moment && atOut !== 'on' && Math.abs(now() - moment.end_ns) < 60_000_000) seek(moment.start_ns);
    play();
  }

  /** J and L let go. */
  function halt() {
    speed = 0;
    video.playbackRate = 1;
  }

  /** Stands still, on a whole frame: where a video pauses, the frame before may still be shown. */
  function rest() {
    halt();
    if (!video.paused) video.pause();
    if (rate && video.readyState > 0) seek(startOfFrame(frameAt(now(), rate), rate));
    tell.changed();
  }

  /** J, K and L. @param {-1 | 0 | 1} way */
  function shuttle(way) {
    if (source === 'none') return;
    const next = pressed(speed === 0 && !video.paused ? 1 : speed, way);
    if (next === 0) {
      rest();
      return;
    }
    speed = next;
    // Who runs with J and L is not held at the out-point.
    inside = false;
    if (next > 0) {
      video.playbackRate = next;
      void video.play().catch(() => tell.changed());
    } else {
      video.pause();
      wound = performance.now();
      wind();
    }
    tell.changed();
  }

  /** Backwards is picture after picture: no browser plays that way. */
  function wind() {
    cancelAnimationFrame(frame);
    const step = (/** @type {number} */ at) => {
      if (speed >= 0) return;
      if (!video.seeking) {
        const back = ((at - wound) / 1e3) * speed;
        wound = at;
        video.currentTime = Math.max(0, video.currentTime + Math.min(0, back));
        if (video.currentTime === 0) {
          rest();
          return;
        }
      }
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  /** @param {number} ns */
  function seek(ns) {
    wanted = Math.max(0, ns);
    inside = false;
    if (source === 'none') virtual = wanted;
    else if (video.readyState > 0) video.currentTime = wanted / 1e9 + INSIDE_S;
    tell.tick(wanted);
  }

  /** Looks where the playhead is, and does what the out-point asks for. */
  function look() {
    const at = now();
    if (moment && !video.paused) {
      const within = at >= moment.start_ns - 1e6 && at < moment.end_ns;
      if (within) inside = true;
      else if (inside && speed === 0 && at >= moment.end_ns) {
        inside = false;
        if (atOut === 'loop') {
          seek(moment.start_ns);
          return;
        }
        if (atOut === 'stop') {
          video.pause();
          // The last frame of the moment, not the one after it.
          video.currentTime = Math.max(moment.start_ns, lastFrame(moment.end_ns, rate)) / 1e9;
          tell.ended();
        }
      }
    }
    tell.tick(now());
  }

  function run() {
    cancelAnimationFrame(frame);
    const step = () => {
      look();
      if (!video.paused) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  return {
    /** Shows a moment. @param {MomentRef} next @param {boolean} playing @param {string} timecode */
    open(next, playing, timecode) {
      halt();
      moment = next;
      wantsPlay = playing;
      wanted = next.start_ns;
      inside = false;
      if (asset === next.asset_id && source !== 'none' && video.readyState > 0) {
        seek(next.start_ns);
        if (playing) play();
        return;
      }
      [asset, rate, path] = [next.asset_id, null, ''];
      video.poster = still(asset, next.start_ns, STILL_HEIGHT);
      fill(box, placeholder(timecode), video, notice);
      load('media');
    },
    /** Other points of the moment. @param {MomentRef} next */
    setRange: (next) => (moment = next),
    /** What became known of the asset. @param {Asset | null} known @param {Rate | null} frames */
    describe(known, frames) {
      [rate, path] = [frames, known?.path ?? ''];
    },
    /** The server is back: what did not come for want of it is asked for again. */
    again() {
      if (source === 'none' && asset !== '' && !notice.hidden) load('media');
    },
    /** Lets go of the media. */
    close() {
      cancelAnimationFrame(frame);
      halt();
      [moment, asset, source] = [null, '', 'none'];
      video.pause();
      video.removeAttribute('src');
      video.removeAttribute('poster');
      video.load();
    },
    seek,
    toggle,
    shuttle,
    rest,
    now,
    speed: () => speed,
    playing: () => !video.paused || speed !== 0,
    hasMedia: () => source !== 'none',
    muted: () => video.muted,
    mute: () => (video.muted = !video.muted),
    /** @param {AtOut} next */
    setAtOut: (next) => (atOut = next),
    atOut: () => atOut,
  };
}
