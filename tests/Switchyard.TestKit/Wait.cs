namespace Switchyard.TestKit;

/// <summary>Waits for what another thread does.</summary>
public static class Wait
{
    /// <summary>Waits until something is so.</summary>
    /// <exception cref="OperationCanceledException">It was not so after 30 seconds.</exception>
    public static async Task ForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(5, patience.Token);
    }
}
