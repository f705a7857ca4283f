namespace Switchyard.Targets;

/// <summary>
/// What <c>Telemetry</c> counts under a deployment or an attempt, kept there so that a call looks nothing up by name. This folder may not
/// know its type.
/// </summary>
internal interface IMeasures;
