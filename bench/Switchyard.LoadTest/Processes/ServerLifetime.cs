using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Processes;

/// <summary>
/// Ends a server of this tool on a signal, or when its standard input closes. The latter means that it never outlives the
/// orchestrator, not even one that was killed.
/// </summary>
internal sealed class ServerLifetime : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _signals;

    public ServerLifetime(bool exitWithStandardInput)
    {
        _signals = [Register(PosixSignal.SIGTERM), Register(PosixSignal.SIGINT)];
        if (exitWithStandardInput) new Thread(WaitForEndOfInput) { IsBackground = true, Name = "stdin" }.Start();
    }

    public Task Ended => _ended.Task;

    public void Dispose() => Array.ForEach(_signals, signal => signal.Dispose());

    private PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _ended.TrySetResult();
    });

    private void WaitForEndOfInput()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }

        _ended.TrySetResult();
    }
}
