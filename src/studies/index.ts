import { apo } from './apo';
import type { Study } from './core/study';
import { curryDpo } from './curry-dpo';
import { daaBlur } from './daa-blur';
import { ilrDpo } from './ilr-dpo';
import { ipo } from './ipo';
import { ipoModel } from './ipo-model';
import { ldDpo } from './ld-dpo';
import { madpo } from './madpo';
import { preDpo } from './pre-dpo';
import { scdpo } from './scdpo';
import { simpo } from './simpo';
import { stepDpo } from './step-dpo';
import { tgdpo } from './tgdpo';

/** In the order of the page. */
export const studies: readonly Study[] = [
  stepDpo,
  tgdpo,
  ipo,
  ipoModel,
  simpo,
  ldDpo,
  ilrDpo,
  preDpo,
  apo,
  madpo,
  daaBlur,
  curryDpo,
  scdpo,
];
