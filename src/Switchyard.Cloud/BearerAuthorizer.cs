using Switchyard.Providers;

namespace Switchyard.Cloud;

/// <summary>Sends an access token that is renewed.</summary>
internal sealed class BearerAuthorizer(Renewed<string> token) : IRequestAuthorizer
{
    public async ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {await token.GetAsync(cancellationToken).ConfigureAwait(false)}");
}
