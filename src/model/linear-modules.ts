import type { ModelConfig } from './config';
import { familyOf } from './families/index';
import type { LinearModules } from './lora';

/** The linear modules of every layer with their shapes [out, in], in the model's order: what an adapter can adapt. */
export const linearModules = (config: ModelConfig): LinearModules => {
  const family = familyOf(config);
  const shapes = family.parameterShapes(config);
  const modules = new Map<string, readonly [number, number]>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const part of family.linears) {
      const module = `${family.layers}.${layer}.${part}`;
      modules.set(module, shapes.get(`${module}.weight`) as [number, number]);
    }
  }
  return modules;
};
