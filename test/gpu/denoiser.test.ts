import { describeDenoiserParity } from '../support/denoiser-parity';
import { goldenFiles } from '../support/golden-browser';

describeDenoiserParity('webgpu', goldenFiles);
describeDenoiserParity('wasm', goldenFiles);
