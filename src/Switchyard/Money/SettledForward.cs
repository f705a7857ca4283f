using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Money;

/// <summary>An answer whose last bytes are sent when its settlement is on disk.</summary>
internal sealed class SettledForward(ForwardedResponse inner, Func<ValueTask> settle) : ForwardedResponse
{
    public override int Status => inner.Status;

    public override string ContentType => inner.ContentType;

    public override long? ContentLength => inner.ContentLength;

    public override bool IsStream => inner.IsStream;

    public override bool IsEnding => inner.IsEnding;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        var bytes = await inner.ReadAsync().ConfigureAwait(false);
        try
        {
            if (inner.IsEnding)
                await settle().ConfigureAwait(false);
        }
        catch (CallException e)
        {
            Error ??= e.Error;
            return default;
        }

        (Error, ErrorWasSent, IsComplete) = (Error ?? inner.Error, inner.ErrorWasSent, inner.IsComplete);
        return bytes;
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}

/// <summary>A decoded stream whose end is sent when its settlement is on disk.</summary>
internal sealed class SettledUpdates(UpdatesResponse inner, Func<ValueTask> settle) : UpdatesResponse
{
    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        var update = await inner.ReadAsync().ConfigureAwait(false);
        try
        {
            if (update is null && inner.IsComplete)
                await settle().ConfigureAwait(false);
        }
        catch (CallException e)
        {
            Error ??= e.Error;
            return null;
        }

        (Error, ErrorWasSent, IsComplete) = (Error ?? inner.Error, inner.ErrorWasSent, inner.IsComplete);
        return update;
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}
