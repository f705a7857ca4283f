using Switchyard.LoadTest.Processes;

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
}
