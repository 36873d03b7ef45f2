import { methods } from '../methods/index';
import type { Method } from '../methods/method';
import { parseGroup } from '../run/group';
import { describeMethod } from '../train/method-info';
import type { RunDocument } from '../train/run-document';
import { parseRun } from '../train/run-document';

/** The methods as data. */
export const catalogue = methods.map(describeMethod);

/** @throws naming the field */
export const parseDocument = (value: unknown): RunDocument => parseRun(value, catalogue);

/** The documents of a comparison. @throws naming arm and field */
export const parseArms = (values: unknown[]): RunDocument[] => parseGroup(values, catalogue);

/** The method of a document that has been checked. */
export const methodOf = ({ method }: RunDocument): Method => methods.find(({ id }) => id === method.id)!;
