// From a few questions that anybody can answer to one of the policy's words. It follows START and JumpSTART in what comes
// first (who walks is minor, breathing and blood and mind decide between delayed and immediate), without what only a trained
// person measures: so whatever speaks for danger counts, also of somebody who walks.

import { category } from './pictures.js';

/** The questions, in the order of the two. */
export const QUESTIONS = [
  { id: 'walk', picture: 'walk' },
  { id: 'breath', picture: 'breath' },
  { id: 'blood', picture: 'blood' },
  { id: 'awake', picture: 'awake' },
];

/** The field that triage fills, if the policy has one: a choice of which most words are categories. */
export function triageField(fields) {
  const known = (field) => (field.values || []).map(valueName).filter((word) => category(word)).length;
  return fields.find((field) => field.type === 'choice' && known(field) >= 2 && known(field) * 2 > field.values.length) || null;
}

/** The category that the answers speak for; `null` as long as nothing was answered. `child`: too young to walk or to answer. */
export function judge(answers, child) {
  const said = (id, what) => answers[id] === what;
  if (said('breath', true) || said('blood', true)) return 'immediate';
  // A child too young to answer is not in danger because it does not (JumpSTART asks for what is usual for it).
  if (said('awake', true)) return 'immediate';
  if (said('walk', false)) return child ? 'moderate' : 'delayed';
  if (said('walk', true)) return 'minor';
  return null;
}

/** The policy's word of a category: its own, or the nearest one that is not milder. */
export function wordOf(name, values) {
  const order = ['minor', 'moderate', 'delayed', 'immediate'];
  for (let at = order.indexOf(name); at >= 0 && at < order.length; at += 1) {
    const found = values.map(valueName).find((word) => category(word) === order[at]);
    if (found) return found;
  }
  return null;
}

/** A value's name, whether it stands there alone or with more. */
export function valueName(value) {
  return typeof value === 'string' ? value : value.name;
}
