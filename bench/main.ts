/** Runs in the page that scripts/bench.mjs opens. */
import { initBackend } from '../src/tf';
import type { KernelBench } from './kernels-linear';
import type { Ratios, Say } from './report';

/** Kernels against their own plain twins: for people, not among the ratios. */
const sayTwins = async (say: Say): Promise<Ratios> => {
  const { benchAttentionKernels } = await import('./kernels-attention');
  for (const { name, shape, fast, plain, ratio, error } of await benchAttentionKernels()) {
    say(
      `${name} ${shape}: ours ${fast.toFixed(1)} ms, plain ${plain.toFixed(1)} ms, ${ratio.toFixed(1)}x, differs by ${error.toExponential(1)}`,
    );
  }
  return {};
};

const sayKernels = async (say: Say, run: Promise<KernelBench>): Promise<Ratios> => {
  const { rows, ratios } = await run;
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const row of rows) {
    const { name, shape, oursMs, otherMs, oursPeakBytes, otherPeakBytes } = row;
    say(
      `${name} ${shape}: ours ${oursMs.toFixed(1)} ms, other ${otherMs.toFixed(1)} ms; extra peak ${mega(oursPeakBytes)}, other ${mega(otherPeakBytes)}`,
    );
  }
  return ratios;
};

// Loaded one by one: a part that fails to load must not take the others with it.
const parts: Record<string, (say: Say) => Promise<Ratios>> = {
  linearLogProb: async (say) => sayKernels(say, (await import('./kernels-linear')).benchLinearLogProb()),
  exactKl: async (say) => sayKernels(say, (await import('./exact-kl')).benchExactKl()),
  linear: async (say) => sayKernels(say, (await import('./kernels-linear')).benchLinear()),
  loraMemory: async (say) => (await import('./lora-memory')).benchLoraMemory(say),
  packed: async (say) => sayKernels(say, (await import('./kernels-packed')).benchPacked()),
  twins: sayTwins,
  denoiserStep: async (say) => (await import('./denoiser-step')).benchDenoiserStep(say),
  dpoStep: async (say) => (await import('./dpo-step')).benchDpoStep(say),
  methodCost: async (say) => (await import('./method-cost')).benchMethodCost(say),
  treePacking: async (say) => (await import('./tree-packing')).benchTreePacking(say),
};

interface BenchResult {
  adapter: string;
  software: boolean;
  ratios: Record<string, number>;
  parts: Record<string, { rows: string[]; seconds: number; error?: string }>;
}

declare global {
  interface Window {
    marginaliaBench?: {
      names: string[];
      /** @param only names of parts; all when empty */
      run(only: string[]): Promise<BenchResult>;
    };
  }
}

window.marginaliaBench = {
  names: Object.keys(parts),
  async run(only) {
    const info = await initBackend('webgpu');
    const result: BenchResult = { adapter: info.adapter, software: info.software, ratios: {}, parts: {} };
    for (const [name, run] of Object.entries(parts)) {
      if (only.length > 0 && !only.includes(name)) continue;
      console.log(`\n${name}`);
      const start = performance.now();
      const seconds = () => (performance.now() - start) / 1000;
      const rows: string[] = [];
      const say = (row: string) => {
        rows.push(row);
        console.log(`  ${row}`);
      };
      try {
        const ratios = await run(say);
        for (const [key, value] of Object.entries(ratios)) console.log(`  ${key}: ${value.toFixed(2)}`);
        Object.assign(result.ratios, ratios);
        result.parts[name] = { rows, seconds: seconds() };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        console.log(`  failed: ${message}`);
        result.parts[name] = { rows, seconds: seconds(), error: message };
      }
    }
    return result;
  },
};
