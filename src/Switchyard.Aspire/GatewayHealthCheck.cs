using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Switchyard.Aspire;

/// <summary>Asks a gateway whether it can serve calls. The registration sets the timeout.</summary>
internal sealed class GatewayHealthCheck(GatewayConnection connection) : IHealthCheck
{
    /// <summary>The longest answer read, 1 MiB: a gateway lists its providers, another server may send anything.</summary>
    private const int LongestAnswer = 1024 * 1024;

    /// <summary>The most characters of a failure that are repeated: the description is logged.</summary>
    private const int LongestReason = 2000;

    // A name that occurs twice would be an error only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var answer = await connection.GetAsync("/health/ready", cancellationToken).ConfigureAwait(false);
            await answer.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken).ConfigureAwait(false);
            var said = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                var reason = said.Length <= LongestReason ? said : said[..LongestReason];
                return Failed($"The gateway at {connection.Root} answered {(int)answer.StatusCode}: {reason}");
            }

            // Many servers answer 200 here, some to any path.
            return IsGateway(said)
                ? HealthCheckResult.Healthy($"The gateway at {connection.Root} serves calls.")
                : Failed($"{connection.Root} answered, but not like a Switchyard gateway: the connection string names another server.");
        }
        catch (HttpRequestException unreachable)
        {
            return Failed($"The gateway at {connection.Root} cannot be reached.", unreachable);
        }

        HealthCheckResult Failed(string what, Exception? why = null) => new(context.Registration.FailureStatus, what, why);
    }

    /// <summary>Whether an answer is a gateway's. Version 0.1 does not name itself; it answers with a status and its version.</summary>
    private static bool IsGateway(string answer)
    {
        try
        {
            return JsonNode.Parse(answer, documentOptions: s_strict) is JsonObject said && TextOf(said, "status") is not null
                && (TextOf(said, "service") is { } service
                    ? service == "switchyard"
                    : TextOf(said, "version")?.StartsWith("0.1.", StringComparison.Ordinal) is true);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? TextOf(JsonObject said, string name) =>
        said[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
