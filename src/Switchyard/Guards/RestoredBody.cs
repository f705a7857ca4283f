using System.Buffers;
using System.Text;
using Switchyard.Calls;

namespace Switchyard.Guards;

/// <summary>
/// A forwarded JSON answer in which the texts that were masked in its request are restored. It is read whole, because a placeholder may lie
/// across two reads.
/// </summary>
/// <param name="inner">The answer.</param>
/// <param name="placeholders">The texts that were masked.</param>
/// <param name="limit">The largest answer that is read, in bytes.</param>
internal sealed class RestoredBody(ForwardedResponse inner, Placeholders placeholders, int limit = RestoredBody.Longest)
    : ForwardedResponse
{
    /// <summary>64 MiB, as for answers that are decoded: restoring holds several copies in memory.</summary>
    public const int Longest = 64 * 1024 * 1024;

    private bool _isRead;

    public override int Status => inner.Status;

    public override string ContentType => inner.ContentType;

    // A restored text has another length than its placeholder.
    public override long? ContentLength => null;

    public override bool IsStream => false;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (_isRead)
            return default;
        _isRead = true;
        var body = new ArrayBufferWriter<byte>();
        while (await inner.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
        {
            if (bytes.Length > limit - body.WrittenCount)
            {
                Error = new(
                    CallErrorKind.UpstreamUnavailable,
                    $"The answer is longer than {limit:N0} bytes, so that what guards masked cannot be restored in it.");
                return default;
            }

            body.Write(bytes.Span);
        }

        (Error, ErrorWasSent, IsComplete) = (inner.Error, inner.ErrorWasSent, inner.IsComplete);
        if (Error is not null)
            return default;
        // In JSON a placeholder can only be inside a string, where the text is escaped.
        return Encoding.UTF8.GetBytes(placeholders.Restore(Encoding.UTF8.GetString(body.WrittenSpan), isJson: true));
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}
