using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Signs each request with AWS signature version 4.</summary>
internal sealed class AwsAuthorizer(Renewed<AwsKeys> keys, string region, string service, TimeProvider timeProvider) : IRequestAuthorizer
{
    public async ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var current = await keys.GetAsync(cancellationToken).ConfigureAwait(false);
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false) : [];
        SignatureV4.Sign(request, body, current, region, service, timeProvider.GetUtcNow());
    }
}
