using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Network;

namespace Switchyard.Guards;

/// <summary>
/// Asks a service over HTTP: a POST of the texts as JSON, answered by a verdict. Any other answer, or a timeout, is a failure of the guard.
/// Thread-safe.
/// </summary>
/// <param name="name">The guard's name.</param>
/// <param name="url">The service's URL.</param>
/// <param name="key">Its key; null if none.</param>
/// <param name="timeout">The maximum duration of a request.</param>
/// <param name="http">Sends the requests.</param>
internal sealed class ServiceCheck(string name, Uri url, string? key, TimeSpan timeout, GuardHttp http) : IGuard
{
    private const int LongestAnswer = 1 << 20;

    /// <summary>The network policy of the call at hand.</summary>
    internal static readonly AsyncLocal<EgressGuard?> Policy = new();

    public async ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subject);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            return await AskAsync(subject, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the service did not answer within {timeout.TotalMilliseconds:0} ms");
        }
        catch (JsonException)
        {
            throw new InvalidDataException("the service answered something that is not a verdict");
        }
    }

    private async ValueTask<GuardVerdict> AskAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        var question = new CheckQuestion(
            name, subject.Side == GuardSide.Request ? "request" : "answer", subject.CallId, subject.Model, subject.Tenant, subject.Texts);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(question, CheckJson.Default.CheckQuestion));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "switchyard");
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request, Policy.Value, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new InvalidDataException($"the service answered {(int)response.StatusCode}");
        await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return VerdictOf(JsonSerializer.Deserialize(body, CheckJson.Default.CheckAnswer), subject.Texts);
    }

    private static GuardVerdict VerdictOf(CheckAnswer? answer, IReadOnlyList<string> texts)
    {
        GuardMatch[] matches =
        [
            .. (answer?.Matches ?? []).Select(match => new GuardMatch(match.Kind ?? "match")
            {
                Text = match.Text,
                Start = match.Start,
                Length = match.Length,
            })
                .Where(match => match.Text >= 0 && match.Text < texts.Count && match.Start >= 0 && match.Length >= 0
                    && match.Start <= texts[match.Text].Length - match.Length),
        ];
        return answer?.Verdict switch
        {
            "pass" => GuardVerdict.Pass,
            "block" => GuardVerdict.Block(matches),
            "mask" => GuardVerdict.Mask(matches),
            _ => throw new InvalidDataException("the service's answer has no verdict: pass, block or mask"),
        };
    }
}

/// <summary>The request to a service.</summary>
internal sealed record CheckQuestion(
    string Guard, string Side, string RequestId, string Model, string? Tenant, IReadOnlyList<string> Texts);

/// <summary>A service's answer.</summary>
internal sealed record CheckAnswer(string? Verdict, IReadOnlyList<CheckMatch>? Matches);

/// <summary>One match found by a service.</summary>
internal sealed record CheckMatch(string? Kind, int Text, int Start, int Length);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckQuestion))]
[JsonSerializable(typeof(CheckAnswer))]
internal sealed partial class CheckJson : JsonSerializerContext;
