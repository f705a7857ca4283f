using Switchyard.Probe;

/// <summary>
/// What the runtime runs before a program's own main method where <c>DOTNET_STARTUP_HOOKS</c> names this assembly. The runtime finds it by
/// this name, outside any namespace.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(RuntimeProbe.SocketVariable) is { Length: > 0 } socket)
            ProbeListener.Start(socket);
    }
}
