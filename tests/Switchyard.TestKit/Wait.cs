namespace Switchyard.TestKit;

/// <summary>Waits for what another thread does.</summary>
public static class Wait
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="OperationCanceledException">It was not so after 30 seconds.</exception>
    public static async Task ForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    /// <summary>Waits until something is so that has to be asked for.</summary>
    /// <exception cref="OperationCanceledException">It was not so after 30 seconds.</exception>
    public static async Task ForAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await condition())
            await Task.Delay(5, patience.Token);
    }
}
