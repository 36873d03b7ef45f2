import { TIME_FEATURES } from './config';

const HALF = TIME_FEATURES / 2;

/** Cosines and sines of times at falling frequencies, in double precision. [B, TIME_FEATURES] */
export const timeFeatures = (times: ArrayLike<number>): Float32Array => {
  const features = new Float32Array(times.length * TIME_FEATURES);
  for (let b = 0; b < times.length; b++) {
    for (let i = 0; i < HALF; i++) {
      const angle = times[b]! * Math.exp((-Math.log(10_000) * i) / HALF);
      features[b * TIME_FEATURES + i] = Math.cos(angle);
      features[b * TIME_FEATURES + HALF + i] = Math.sin(angle);
    }
  }
  return features;
};
