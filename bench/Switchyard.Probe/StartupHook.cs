using Switchyard.Probe;

/// <summary>
/// The runtime runs this before a program's main method if <c>DOTNET_STARTUP_HOOKS</c> names this assembly. It finds the class by this
/// name, outside any namespace.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(RuntimeProbe.SocketVariable) is { Length: > 0 } socket)
            ProbeListener.Start(socket);
    }
}
