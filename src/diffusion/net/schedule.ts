/**
 * The cosine schedule (Nichol and Dhariwal, 2021, arXiv 2102.09672) and one step of DDIM (Song et al., 2020, arXiv
 * 2010.02502), as numbers. x_t = signal x_0 + noise e; v = signal e - noise x_0; so x_0 = signal x_t - noise v and
 * e = noise x_t + signal v.
 */

/** T */
export const TIMES = 1000;

const LEAST = 1e-5;

const share = (t: number): number => Math.cos(((t / TIMES + 0.008) / 1.008) * (Math.PI / 2)) ** 2;

/** Share of the signal's variance left at time t, 0..T - 1; 1 before time 0. */
export const alphaBar = (t: number): number => (t < 0 ? 1 : Math.max(LEAST, share(t + 1) / share(0)));

export const signalAt = (t: number): number => Math.sqrt(alphaBar(t));
export const noiseAt = (t: number): number => Math.sqrt(1 - alphaBar(t));

/** Steps of the sampler. */
export const STEPS = 20;

/** After the last step: the image itself. */
export const IMAGE = -1;

/** Times that the sampler stands at, 999, 949, .., 49, and then the image. */
export const grid: readonly number[] = [
  ...Array.from({ length: STEPS }, (_, i) => TIMES - 1 - (i * TIMES) / STEPS),
  IMAGE,
];

/** One step of DDIM from time t to p: x_p = fromX x_t + fromV v + sigma z. */
export interface Transition {
  fromX: number;
  fromV: number;
  sigma: number;
}

/**
 * The mean and the spread of x_p given x_t and v.
 * @param eta 0 is deterministic, 1 as noisy as the diffusion itself. The step to the image adds no noise.
 */
export const transition = (t: number, p: number, eta: number): Transition => {
  const [own, next] = [alphaBar(t), alphaBar(p)];
  const sigma = eta * Math.sqrt((1 - next) / (1 - own)) * Math.sqrt(Math.max(0, 1 - own / next));
  const rest = Math.sqrt(Math.max(0, 1 - next - sigma * sigma)); // of the predicted noise
  const [signal, noise] = [Math.sqrt(own), Math.sqrt(1 - own)];
  return {
    fromX: Math.sqrt(next) * signal + rest * noise,
    fromV: rest * signal - Math.sqrt(next) * noise,
    sigma,
  };
};

/**
 * A transition's log-prob, a mean over the numbers of an image, is a denoising error of v: with tau = (x_p - fromX x_t) / fromV,
 *
 *   mean log N(x_p; mu, sigma^2) = constant - factor mean (v - tau)^2
 */
export const asDenoising = ({ fromV, sigma }: Transition): { factor: number; constant: number } => ({
  factor: fromV ** 2 / (2 * sigma ** 2),
  constant: -Math.log(sigma) - 0.5 * Math.log(2 * Math.PI),
});
