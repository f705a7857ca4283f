using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Egress.Reasoning;
using Switchyard.Providers.Http;

namespace Switchyard.Egress.Media;

/// <summary>
/// Completes a canonical request before a target's body is encoded: turns an in-process caller's plain values into JSON, restores the
/// reasoning state that the target's account issued, fits fields and names to the model, and downloads files that the client named by URL
/// where the target takes only bytes. The caller's own messages are never changed. Thread-safe.
/// </summary>
internal sealed class RequestPreparation(ReasoningMemory memory) : IDisposable
{
    private readonly MediaDownload _download = new();

    /// <exception cref="CallException">A download failed or is not allowed.</exception>
    public ValueTask<CanonicalRequest> PrepareAsync(UpstreamExchange exchange)
    {
        var (call, dialect) = (exchange.Call, exchange.Dialect);
        var body = call.Body.GetCanonical();
        // A request that came over a wire holds JSON already.
        if (call.Body.Dialect == DialectId.Canonical)
            body = PlainValues.ToJson(body, exchange.Attempt.Losses);
        if (body is not CanonicalChatRequest request)
            return new(body);
        request = memory.Restore(request, exchange.Credential.Account);
        request = RequestFitting.Fit(
            request, exchange.Target, dialect, call.ClientDialect, exchange.Attempt.Losses, out var tools);
        exchange.Tools = tools;
        return MediaPolicy.Of(call).Fetch && request.Messages.Any(message => FetchedFiles.MustFetch(message.Contents, dialect))
            ? FetchAsync(request, dialect, call, exchange.Clock.Token)
            : new(request);
    }

    public void Dispose() => _download.Dispose();

    private async ValueTask<CanonicalRequest> FetchAsync(
        CanonicalChatRequest request, IEgressDialect dialect, ModelCall call, CancellationToken cancellationToken)
    {
        var policy = MediaPolicy.Of(call);
        using var clock = new CancellationTokenSource(policy.Timeout, call.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        var files = new FetchedFiles(_download, policy, dialect, either.Token);
        var messages = request.Messages.ToArray();
        for (var i = 0; i < messages.Length; i++)
        {
            for (var j = 0; j < messages[i].Contents.Count; j++)
            {
                if (!FetchedFiles.MustFetch(messages[i].Contents[j], dialect))
                    continue;
                try
                {
                    messages[i] = With(messages[i], j, await files.ReplaceAsync(messages[i].Contents[j]).ConfigureAwait(false));
                }
                catch (CallException e)
                {
                    throw At(e, MessagePlace.Of(messages[i], i), j);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    var refused = MediaDownload.Refused($"did not answer within {policy.Timeout.TotalSeconds:0} s");
                    throw At(refused, MessagePlace.Of(messages[i], i), j);
                }
            }
        }

        return request.With(messages);
    }

    /// <summary>The error with the place of the address, of which a conversation may hold many.</summary>
    private static CallException At(CallException refused, string message, int content) =>
        new(refused.Error with { Param = refused.Error.Param ?? $"{message}.content[{content}]" });

    private static ChatMessage With(ChatMessage message, int at, AIContent content)
    {
        var changed = message.Clone();
        changed.Contents = [.. message.Contents];
        changed.Contents[at] = content;
        return changed;
    }
}
