using Switchyard.LoadTest.Processes;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Subjects;

internal static class RuntimeSettings
{
    /// <summary>
    /// On one core the runtime waits ten times longer before it recompiles hot code, and starts the wait anew whenever new code runs: a
    /// .NET process bound to one core needs about 30 s of load to settle, with this 8 s. What it settles to is the same.
    /// </summary>
    public static Launch WithQuickTiering(this Launch launch)
    {
        launch.Environment["DOTNET_TC_DelaySingleProcMultiplier"] = "1";
        return launch;
    }

    /// <summary>Lets the runtime's own figures be read from outside.</summary>
    public static Launch With(this Launch launch, RuntimeProbe probe)
    {
        foreach (var (name, value) in probe.Environment) launch.Environment[name] = value;
        return launch;
    }
}
