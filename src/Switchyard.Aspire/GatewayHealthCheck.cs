using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Switchyard.Aspire;

/// <summary>Asks a gateway whether it can serve calls. The registration sets the timeout.</summary>
internal sealed class GatewayHealthCheck(GatewayConnection connection) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var answer = await connection.GetAsync("/health/ready", cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return HealthCheckResult.Healthy($"The gateway at {connection.Root} serves calls.");
            var reason = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return Failed($"The gateway at {connection.Root} answered {(int)answer.StatusCode}: {reason}");
        }
        catch (HttpRequestException unreachable)
        {
            return Failed($"The gateway at {connection.Root} cannot be reached.", unreachable);
        }

        HealthCheckResult Failed(string what, Exception? why = null) => new(context.Registration.FailureStatus, what, why);
    }
}
