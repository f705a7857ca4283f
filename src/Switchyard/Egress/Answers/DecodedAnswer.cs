using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>A whole answer read into the canonical form.</summary>
internal static class DecodedAnswer
{
    /// <summary>The largest answer that is decoded: it is held in memory several times over.</summary>
    private const int Limit = 64 * 1024 * 1024;

    /// <summary>Reads and decodes the answer. A provider that answers a stream's request in one piece has its answer streamed in one.</summary>
    /// <exception cref="CallException">It is empty, too large or not an answer.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange)
    {
        var body = await exchange.ReadWholeAsync(Limit).ConfigureAwait(false)
            ?? throw new CallException(exchange.Malformed($"answered more than {Limit / (1024 * 1024)} MB"));
        if (body.IsEmpty)
            throw new CallException(exchange.Malformed("returned an empty response"));

        var call = exchange.Call;
        var answer = exchange.Dialect.DecodeAnswer(call.Envelope.Operation, body);
        if (answer is CanonicalChatAnswer { Response: var decoded })
        {
            foreach (var content in decoded.Messages.SelectMany(message => message.Contents))
                exchange.Reasoning?.Observe(content);
        }

        CallResponse response = call.Envelope.Stream && answer is CanonicalChatAnswer chat
            ? new BufferedUpdates(chat.Response.ToChatResponseUpdates())
            : new AnswerResponse(answer);
        exchange.Attempt.Opened();
        exchange.Attempt.Observe(answer.Usage);
        exchange.Attempt.End(AttemptOutcome.Finished, null);
        exchange.Dispose();
        return response;
    }
}
