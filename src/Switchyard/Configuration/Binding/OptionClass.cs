using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// A class of options. Every one is listed here: a trimmed or natively compiled program keeps only what its code refers to, and this list
/// keeps the properties that the binder finds by reflection.
/// </summary>
internal sealed class OptionClass
{
    private static readonly OptionClass[] s_all =
    [
        Of<SwitchyardOptions>(),
        Of<ProviderOptions>(),
        Of<ProviderKeyOptions>(),
        Of<ModelRouteOptions>(),
        Of<TargetOptions>(),
        Of<AdminOptions>(),
        Of<AdminKeyOptions>(),
        Of<AdminOidcOptions>(),
        Of<DashboardOptions>(),
        Of<KeyOptions>(),
        Of<TenantOptions>(),
        Of<RoutingOptions>(),
        Of<PricesOptions>(),
        Of<PriceOptions>(),
        Of<ServiceTierPriceOptions>(),
        Of<ToolPriceOptions>(),
        Of<RetryOptions>(),
        Of<RouteRetryOptions>(),
        Of<HedgeOptions>(),
        Of<StreamBufferOptions>(),
        Of<CircuitOptions>(),
        Of<AffinityOptions>(),
        Of<CacheOptions>(),
        Of<ModelCacheOptions>(),
        Of<IdempotencyOptions>(),
        Of<ResponsesOptions>(),
        Of<ExperimentOptions>(),
        Of<VariantOptions>(),
        Of<ShadowOptions>(),
        Of<LimitOptions>(),
        Of<TimeoutOptions>(),
        Of<EgressOptions>(),
        Of<MediaOptions>(),
        Of<RefinementOptions>(),
        Of<HealthOptions>(),
        Of<ServerOptions>(),
        Of<ServerCorsOptions>(),
        Of<ServerTlsOptions>(),
        Of<ProviderTlsOptions>(),
        Of<LogOptions>(),
        Of<TelemetryOptions>(),
        Of<StorageOptions>(),
        Of<BudgetsOptions>(),
        Of<BudgetOptions>(),
        Of<GuardOptions>(),
        Of<RecordingOptions>(),
        Of<ReplayOptions>(),
        Of<PluginsOptions>(),
        Of<PluginOptions>(),
        Of<SecretsOptions>(),
        Of<VaultSecretsOptions>(),
        Of<AwsSecretsOptions>(),
        Of<AzureSecretsOptions>(),
        Of<GoogleSecretsOptions>(),
    ];

    private OptionClass([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type, Func<object> create)
    {
        Type = type;
        Create = create;
    }

    public static IReadOnlyList<OptionClass> All => s_all;

    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
    public Type Type { get; }

    /// <summary>Creates an instance with its defaults.</summary>
    public Func<object> Create { get; }

    public static OptionClass? Find(Type type) => Array.Find(s_all, known => known.Type == type);

    private static OptionClass Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>()
        where T : class, new() => new(typeof(T), static () => new T());
}
