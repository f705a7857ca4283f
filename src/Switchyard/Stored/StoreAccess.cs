using Switchyard.Calls;

namespace Switchyard.Stored;

/// <summary>Runs a database query about stored objects; a failure becomes an error for the client.</summary>
internal static class StoreAccess
{
    /// <param name="ask">The query. A cancellation by the client is rethrown unchanged.</param>
    /// <param name="away">Creates the error of a failure.</param>
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
