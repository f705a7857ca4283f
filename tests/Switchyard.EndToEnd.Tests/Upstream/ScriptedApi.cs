using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>The error of a refused request; each scripted API writes it in its vendor's format.</summary>
internal sealed class Refusal(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>Refuses the request as malformed, naming the rule it breaks, unless it holds.</summary>
    public static void Unless(bool holds, string rule)
    {
        if (!holds)
            throw new Refusal(400, rule);
    }

    /// <summary>Refuses members that the API does not know.</summary>
    public static void Unknown(JsonElement value, string at, params ReadOnlySpan<string> known)
    {
        Unless(value.ValueKind == JsonValueKind.Object, $"{at}: not an object");
        foreach (var member in value.EnumerateObject())
            Unless(known.Contains(member.Name), $"{at}: unknown member '{member.Name}'");
    }

    /// <summary>Refuses a number outside its range.</summary>
    public static void Range(JsonElement value, string name, double least, double most)
    {
        if (RequestRules.Get(value, name) is { } number)
            Unless(
                number.ValueKind == JsonValueKind.Number && number.GetDouble() >= least && number.GetDouble() <= most,
                $"{name}: must be between {least} and {most}");
    }

    /// <summary>Refuses a value that is not base64, or is empty.</summary>
    public static void Base64(string? data, string at) =>
        Unless(data is { Length: > 0 } && Convert.TryFromBase64String(data, new byte[data.Length], out _), $"{at}: not base64");
}

/// <summary>
/// A vendor's API as a script, on loopback: it refuses what the real one refuses, and its answers can be checked. The model named
/// <c>…-error-STATUS</c> fails; one with <c>-hang-</c> in its name stops after two pieces of text, and disconnected clients are recorded.
/// </summary>
internal abstract partial class ScriptedApi : IAsyncDisposable
{
    /// <summary>The only key it accepts.</summary>
    public const string Key = "sk-the-upstream-key-of-the-script";

    /// <summary>The wait in seconds that it asks for when it is busy.</summary>
    public const int RetryAfter = 7;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _left = new();
    private FakeUpstream? _server;

    /// <summary>The address without a path.</summary>
    public string Address => _server!.BaseUrl[..^"/v1".Length];

    public IReadOnlyList<SeenRequest> Requests => _server!.Requests;

    /// <summary>Completes when the client that asked the hanging model of this name has closed its connection.</summary>
    public Task WhenLeft(string model) => Left(model).Task;

    public async Task<ScriptedApi> StartAsync()
    {
        _server = await FakeUpstream.StartAsync();
        _server.Then(HandleAsync);
        return this;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    /// <summary>The entry of the provider catalogue that it replaces.</summary>
    public abstract string Type { get; }

    /// <summary>The wire format it speaks.</summary>
    public abstract string Dialect { get; }

    /// <summary>The provider's base URL.</summary>
    public abstract string BaseUrl { get; }

    /// <summary>The model it serves.</summary>
    public abstract string Model { get; }

    protected abstract Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request);

    /// <summary>Writes a refusal as the vendor does.</summary>
    protected abstract Task RefuseAsync(HttpContext http, Refusal refusal);

    /// <summary>Fails if the model's name asks for it.</summary>
    protected static void FailIfAsked(string model)
    {
        if (ErrorModel().Match(model) is { Success: true } match)
        {
            var status = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            throw new Refusal(status, status == 429 ? "Slow down, please." : $"The script was asked for {status}.");
        }
    }

    /// <summary>Whether the model's stream must hang until the client disconnects.</summary>
    protected static bool Hangs(string model) => model.Contains("-hang-", StringComparison.Ordinal);

    /// <summary>Sends nothing until the client disconnects.</summary>
    protected async Task HangAsync(HttpContext http, string model)
    {
        await http.Response.Body.FlushAsync();
        await _server!.HangAsync(http);
        Left(model).TrySetResult();
    }

    protected static Task WriteAsync(HttpContext http, int status, string json, string contentType = "application/json")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        return http.Response.WriteAsync(json);
    }

    protected static async Task FlushAsync(HttpContext http, string text)
    {
        await http.Response.WriteAsync(text);
        await http.Response.Body.FlushAsync();
    }

    private TaskCompletionSource Left(string model) => _left.GetOrAdd(model, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task HandleAsync(HttpContext http, SeenRequest seen)
    {
        try
        {
            Refusal.Unless(
                seen.Method == "POST" && seen.Headers["Content-Type"].StartsWith("application/json", StringComparison.Ordinal),
                "not a POST of JSON");
            JsonDocument body;
            try
            {
                body = JsonDocument.Parse(seen.Body);
            }
            catch (JsonException)
            {
                throw new Refusal(400, "the body is not JSON");
            }

            using (body)
                await AnswerAsync(http, seen, body.RootElement);
        }
        catch (Refusal refusal)
        {
            await RefuseAsync(http, refusal);
        }
        catch (Exception bug) when (bug is KeyNotFoundException or InvalidOperationException && !http.Response.HasStarted)
        {
            await RefuseAsync(http, new Refusal(400, "malformed: " + bug.Message));
        }
    }

    [GeneratedRegex("-error-([0-9]{3})$")]
    private static partial Regex ErrorModel();
}
