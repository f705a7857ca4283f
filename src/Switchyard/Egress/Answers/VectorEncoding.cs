using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>The encoding of vectors in a forwarded answer.</summary>
internal static class VectorEncoding
{
    /// <summary>
    /// Whether an answer has numbers where base64 was requested. Some servers ignore the encoding, and clients that request base64, as
    /// OpenAI's do by default, read the numbers as its bytes: they get shorter vectors of other values, and no error. Vectors of another
    /// shape, such as the several of a text that some search models give, have no form in base64: they are passed on as they are.
    /// </summary>
    /// <param name="exchange">The attempt, whose request was forwarded.</param>
    /// <param name="head">The beginning of the answer.</param>
    public static bool IsIgnored(UpstreamExchange exchange, ReadOnlySpan<byte> head)
    {
        var call = exchange.Call;
        if (call.Envelope.Operation != CallOperation.Embedding || !MemberScan.BeginsNumbers(head, "\"embedding\""u8)
            || call.Body.Wire is not { } wire || wire.Memory.Span.IndexOf("base64"u8) < 0)
        {
            return false;
        }

        try
        {
            return call.Body.GetCanonical() is CanonicalEmbeddingRequest { Base64: true };
        }
        catch (CallException)
        {
            // Only a server of this format understands the request.
            return false;
        }
    }
}
