import { onSoftwareGpu } from '../tf';

/** Numbers of a row from which a whole workgroup takes it, so that none of its threads reads many one after another. */
const WIDE = 256;

/** Threads that share a row of so many numbers: one on a software adapter, which pays for each that waits at a barrier. */
export const lanesFor = (width: number): number => (onSoftwareGpu() ? 1 : width < WIDE ? 16 : 64);
