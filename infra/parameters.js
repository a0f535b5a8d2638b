/** Parameters of the stack that conditions look at. Everything else stands in the template as it was given. */
const parameters = {
  Emulator: { from: 'emulator', AllowedValues: ['true', 'false'], Default: 'false' },
  SecondRegion: { from: 'secondRegion', Default: '' },
  AlarmMail: { from: 'alarmMail', Default: '' },
};

/** Values of the parameters for this deployment. */
export async function values({ resolveVariable }) {
  const given = Object.entries(parameters).map(async ([ParameterKey, { from }]) => ({
    ParameterKey,
    ParameterValue: String(await resolveVariable(`param:${from}`)),
  }));
  return await Promise.all(given);
}

/** What the template declares of them. */
export const template = {
  Parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, { from: _, ...rest }]) => [name, { Type: 'String', ...rest }]),
  ),
  Conditions: {
    OnAws: { 'Fn::Equals': [{ Ref: 'Emulator' }, 'false'] },
    HasSecondRegion: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'SecondRegion' }, ''] }] },
    HasAlarmMail: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AlarmMail' }, ''] }] },
  },
};
