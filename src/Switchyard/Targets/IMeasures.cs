namespace Switchyard.Targets;

/// <summary>
/// The metric series of a deployment or an attempt, kept there so that a call looks nothing up by name. Implemented by <c>Telemetry</c>,
/// which this folder may not use.
/// </summary>
internal interface IMeasures;
