namespace Switchyard.Cloud.Credentials;

/// <summary>The keys that a request is signed with.</summary>
/// <param name="AccessKeyId">The public half.</param>
/// <param name="SecretKey">The secret half.</param>
/// <param name="SessionToken">The session token of temporary keys; null for long-term keys.</param>
internal sealed record AwsKeys(string AccessKeyId, string SecretKey, string? SessionToken)
{
    /// <summary>Without the secrets, so that it can be logged.</summary>
    public override string ToString() => $"AWS key {AccessKeyId}";
}
