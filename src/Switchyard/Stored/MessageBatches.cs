using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.Json;
using Switchyard.Identity;
using Switchyard.Targets;

namespace Switchyard.Stored;

/// <summary>
/// Batches whose requests are in their body: each model is checked and replaced by the provider's name for it, and the address of the
/// results is replaced by that at the gateway. Stateless.
/// </summary>
internal static class MessageBatches
{
    /// <summary>Each is resolved, and an unknown name may request the model lists of all providers.</summary>
    private const int MostModels = 64;

    /// <summary>Chooses the provider of a new batch: the first that serves the models of all its requests.</summary>
    /// <param name="call">The call.</param>
    /// <param name="body">The batch.</param>
    /// <param name="serving">The providers that can be chosen; at least one.</param>
    /// <returns>The provider, and the body with its names for the models.</returns>
    /// <exception cref="CallException">The body has no requests, a model may not be called, or no provider serves all.</exception>
    public static async ValueTask<(string Provider, ReadOnlyMemory<byte> Body)> PlaceAsync(
        ModelCall call, ReadOnlyMemory<byte> body, List<string> serving)
    {
        var requests = BatchRequests.Read(body.Span);
        var resolved = new Dictionary<string, Route>(StringComparer.Ordinal);
        var routes = new List<Route>(requests.Count);
        var seen = new HashSet<Route>();
        List<string>? common = null;
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            if (!resolved.TryGetValue(request.Model, out var route))
            {
                if (resolved.Count == MostModels)
                    throw Refused($"A batch may name {MostModels} models at most. Send several batches.", i);
                resolved[request.Model] = route = await ResolveAsync(call, request.Model).ConfigureAwait(false);
            }

            var allowed = RouteOf(AccessRules.ApplyToBatched(call.Caller, route, body.Span[request.Params]));
            routes.Add(allowed);
            if (!seen.Add(allowed))
                continue;
            List<string> providers =
            [
                .. allowed.Groups.SelectMany(group => group.Deployments).Select(target => target.Provider)
                    .Where(name => serving.Contains(name, StringComparer.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase),
            ];
            if (providers.Count == 0)
                throw Refused(NotServed(request.Model, serving), i);
            var before = common;
            common = before is null
                ? providers
                : [.. before.Where(name => providers.Contains(name, StringComparer.OrdinalIgnoreCase))];
            if (common.Count == 0)
            {
                throw Refused(
                    $"A batch goes to one provider: '{Shown(request.Model)}' is of {providers[0]}, other models of this batch are of "
                        + $"{before![0]}. Send a batch for each.",
                    i);
            }
        }

        var provider = common![0];
        return (provider, StoredJson.Splice(body, EditsOf(requests, routes, provider)));
    }

    /// <summary>
    /// Replaces the address of a batch's results at the provider (<c>results_url</c>) by the path at the gateway: clients request it as it
    /// is, with the key for the gateway. It is a path because behind a proxy only the client knows the gateway's address.
    /// </summary>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static ReadOnlyMemory<byte> WithOwnAddress(ReadOnlyMemory<byte> batch)
    {
        List<ForwardEdit>? edits = null;
        var reader = new Utf8JsonReader(batch.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("It is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAddress = reader.ValueTextEquals("results_url"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            if (isAddress && !isNull)
                (edits ??= []).Add(new(start, (int)reader.BytesConsumed - start, AddressOf(batch.Span)));
        }

        return edits is null ? batch : StoredJson.Splice(batch, edits);
    }

    private static byte[] AddressOf(ReadOnlySpan<byte> batch) => StoredJson.Text(batch, "id"u8) is { Length: > 0 } id
        ? WireJson.Quote($"/v1{StoredFormat.Messages.Batches}/{Uri.EscapeDataString(id)}/results")
        : "null"u8.ToArray();

    private static async ValueTask<Route> ResolveAsync(ModelCall call, string model) => RouteOf(
        await call.Snapshot.Routes.ResolveAsync(model, CallOperation.Batch, call.Ending).ConfigureAwait(false));

    private static Route RouteOf(RouteResult found) => found.Error is { } error ? throw new CallException(error) : found.Route!;

    /// <summary>The replacements of the models that the provider names differently.</summary>
    private static List<ForwardEdit> EditsOf(List<BatchRequest> requests, List<Route> routes, string provider)
    {
        var names = new Dictionary<Route, (string Model, byte[] Written)>();
        List<ForwardEdit> edits = [];
        for (var i = 0; i < requests.Count; i++)
        {
            if (!names.TryGetValue(routes[i], out var name))
            {
                var model = routes[i].Groups.SelectMany(group => group.Deployments)
                    .First(target => string.Equals(target.Provider, provider, StringComparison.OrdinalIgnoreCase)).Model;
                names[routes[i]] = name = (model, WireJson.Quote(model));
            }

            var (start, length) = requests[i].Place.GetOffsetAndLength(int.MaxValue);
            if (name.Model != requests[i].Model)
                edits.Add(new(start, length, name.Written));
        }

        return edits;
    }

    private static string NotServed(string model, List<string> serving) =>
        $"'{Shown(model)}' is not a model of a provider that serves {StoredFormat.Messages.NameOf(CallOperation.Batch)}: "
            + $"{string.Join(", ", serving)}. Name one of theirs, as in '{serving[0]}/model'.";

    private static string Shown(string model) => Sanitizer.Clean(ModelNames.Shown(model));

    private static CallException Refused(string message, int request) => new(new CallError(CallErrorKind.InvalidRequest, message)
    {
        Code = "unsupported_operation",
        Param = BatchRequests.MemberOf(request),
    });
}
