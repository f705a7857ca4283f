using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>AWS Secrets Manager, or the Parameter Store of Systems Manager, over their JSON protocol. Thread-safe.</summary>
internal sealed class AwsSecretStore(
    AwsSecretsOptions options, string region, Renewed<AwsKeys> keys, ProviderContext context) : ISecretStore, IDisposable
{
    // The member with a secret's name, in all requests to Parameter Store and in CreateSecret.
    private const string NameMember = "Name";
    private const string Protocol = "application/x-amz-json-1.1";

    private readonly StoreHttp _http = new("aws", new Uri(AddressOf(options, region)), context);
    private readonly string _address = AddressOf(options, region);

    public string Name => "aws";

    private bool IsParameters => options.Service == "ssm";

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        var reply = IsParameters
            ? await AskAsync(
                "AmazonSSM.GetParameter", key, new() { [NameMember] = NameOf(field.Name), ["WithDecryption"] = true }, cancellationToken)
                .ConfigureAwait(false)
            : await AskAsync("secretsmanager.GetSecretValue", key, new() { ["SecretId"] = NameOf(field.Name) }, cancellationToken)
                .ConfigureAwait(false);
        return field.In(reply is null ? null : IsParameters ? reply.Value.Text("Parameter", "Value") : reply.Value.Text("SecretString"));
    }

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        var name = NameOf(SecretField.Of(key).Whole());
        if (IsParameters)
        {
            await AskAsync(
                "AmazonSSM.PutParameter",
                key,
                new() { [NameMember] = name, ["Value"] = value, ["Type"] = "SecureString", ["Overwrite"] = true },
                cancellationToken).ConfigureAwait(false);
        }
        else if (await AskAsync(
            "secretsmanager.PutSecretValue", key, Named(new() { ["SecretId"] = name, ["SecretString"] = value }), cancellationToken)
            .ConfigureAwait(false) is null)
        {
            await AskAsync(
                "secretsmanager.CreateSecret", key, Named(new() { [NameMember] = name, ["SecretString"] = value }), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var name = NameOf(SecretField.Of(key).Whole());
        if (IsParameters)
            await AskAsync("AmazonSSM.DeleteParameter", key, new() { [NameMember] = name }, cancellationToken).ConfigureAwait(false);
        else
            await AskAsync("secretsmanager.DeleteSecret", key, new() { ["SecretId"] = name }, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private static string AddressOf(AwsSecretsOptions options, string region) =>
        options.Endpoint ?? $"https://{options.Service}.{region}.amazonaws.com/";

    /// <summary>Adds an idempotency token: the write takes effect once, however often the request is sent.</summary>
    private static JsonObject Named(JsonObject body)
    {
        body["ClientRequestToken"] = Guid.NewGuid().ToString();
        return body;
    }

    private string NameOf(string name) => options.Prefix + SecretNames.Fit(name, IsParameters ? "/_.-" : "/_+=.@-");

    /// <returns>The answer; null if there is no such secret.</returns>
    private async ValueTask<StoreReply?> AskAsync(string target, string key, JsonObject body, CancellationToken cancellationToken)
    {
        var signer = await keys.GetAsync(cancellationToken).ConfigureAwait(false);
        using var request = StoreHttp.Request(HttpMethod.Post, _address, body, Protocol);
        request.Headers.TryAddWithoutValidation("X-Amz-Target", target);
        var bytes = await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        SignatureV4.Sign(request, bytes, signer, region, options.Service, context.TimeProvider.GetUtcNow());
        var reply = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.IsSuccess)
            return reply;
        // For example com.amazonaws.secretsmanager#ResourceNotFoundException.
        var type = reply.Text("__type")?.Split('#')[^1];
        return reply.Status == HttpStatusCode.BadRequest && type is "ResourceNotFoundException" or "ParameterNotFound"
            ? null
            : throw _http.Refused(reply, key, type);
    }
}
