using Switchyard.LoadTest.Processes;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Subjects;

internal static class RuntimeSettings
{
    /// <summary>
    /// On one core the runtime waits ten times longer before it recompiles hot code, and restarts the wait whenever new code runs: a .NET
    /// process bound to one core needs about 30 s of load to settle, with this setting 8 s. The settled state is the same.
    /// </summary>
    public static Launch WithQuickTiering(this Launch launch)
    {
        launch.Environment["DOTNET_TC_DelaySingleProcMultiplier"] = "1";
        return launch;
    }

    /// <summary>Makes the runtime's own figures readable from outside.</summary>
    public static Launch With(this Launch launch, RuntimeProbe probe)
    {
        foreach (var (name, value) in probe.Environment) launch.Environment[name] = value;
        return launch;
    }
}
