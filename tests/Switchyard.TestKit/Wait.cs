namespace Switchyard.TestKit;

/// <summary>Waits for the work of other threads.</summary>
public static class Wait
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a condition is true.</summary>
    /// <exception cref="OperationCanceledException">It was not so after 30 seconds.</exception>
    public static async Task ForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    /// <summary>Waits until an asynchronous condition is true.</summary>
    /// <exception cref="OperationCanceledException">It was not so after 30 seconds.</exception>
    public static async Task ForAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await condition())
            await Task.Delay(5, patience.Token);
    }
}
