/** What config.json calls a model that draws; known before any of its code is loaded. */
export const DENOISER_TYPE = 'marginalia-denoiser';
