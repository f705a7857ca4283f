using Switchyard.Calls;

namespace Switchyard.Stored;

/// <summary>Asks a database about something stored: what fails there becomes an error that the client can be told.</summary>
internal static class StoreAccess
{
    /// <param name="ask">Asks. That the client has left goes on as it is.</param>
    /// <param name="away">Makes the error of what failed.</param>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, Func<Exception, CallException> away)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw away(e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public static Task AskAsync(Func<Task> ask, Func<Exception, CallException> away) => AskAsync(
        async () =>
        {
            await ask().ConfigureAwait(false);
            return true;
        },
        away);
}
